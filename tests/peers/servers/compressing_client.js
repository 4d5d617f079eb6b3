// Sends each line of stdin as a compressed message, for compression_rate.py.
//
// usage: NODE_PATH=.../node_modules node compressing_client.js URL
'use strict';

const readline = require('node:readline');
const WebSocket = require('ws');

const MOST = 1 << 20; // bytes that wait to be sent

const ws = new WebSocket(process.argv[2], { perMessageDeflate: { threshold: 0 } });
ws.on('open', async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    ws.send(line);
    while (ws.bufferedAmount > MOST) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  ws.close(1000);
});
