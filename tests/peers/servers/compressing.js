// Echo servers of JavaScript that compress, for compression-table: `ws` on node, and what Bun has. Prints its port and its
// version; ends when its stdin does.
//
// usage: NODE_PATH=.../node_modules node compressing.js; bun compressing.js
'use strict';

const MOST = 1 << 28; // bytes of a message

function tell(port, version) {
  process.stdout.write(`${port} ${version}\n`);
}

function ws() {
  const { WebSocketServer } = require('ws');
  const perMessageDeflate = { threshold: 0 };
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: MOST, perMessageDeflate });
  server.on('connection', (client) => {
    client.on('error', () => {});
    client.on('message', (data, binary) => client.send(data, { binary }));
  });
  server.on('listening', () => tell(server.address().port, require('ws/package.json').version));
}

function bun() {
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('', { status: 400 })),
    websocket: {
      perMessageDeflate: { compress: 'dedicated', decompress: 'dedicated' },
      maxPayloadLength: MOST,
      backpressureLimit: MOST,
      message: (client, data) => client.send(data, true),
    },
  });
  tell(server.port, Bun.version);
}

process.stdin.resume().on('end', () => process.exit(0));
if (process.versions.bun) bun();
else ws();
