// A WebSocket server on node's `ws`, for the acceptance run: as python_peer.py, with what `ws` does in its own way.
// Prints one JSON object a line; ends when its stdin does.
//
// usage: NODE_PATH=.../node_modules node node_peer.js CERT KEY
'use strict';

const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const { once } = require('node:events');
const { WebSocketServer } = require('ws');
const { version } = require('ws/package.json');

const MIB = 1 << 20;
const SIZES = [0, 1, 125, 126, 65535, 65536, MIB, 16 * MIB];
const PATTERN = Buffer.from('plain, "quoted", back\\slash, tab\t, line\n, nul\0, é, €, 😀; ');

function emit(event, facts) {
  process.stdout.write(`${JSON.stringify({ event, ...facts })}\n`);
}

// Sends `data` in `cuts` fragments, which may cut a character in two; calls back when it is on its way.
function sendCut(ws, data, binary, size, sent) {
  let at = 0;
  do {
    const end = Math.min(at + size, data.length);
    const fin = end === data.length;
    ws.send(data.subarray(at, end), { binary, fin }, fin ? sent : undefined);
    at = end;
  } while (at < data.length);
}

// Echoes in fragments of at most `size` bytes; stops reading while more than a little is still to be written.
function echo(ws, size) {
  ws.on('message', (data, binary) => {
    sendCut(ws, data, binary, size, () => ws.resume());
    if (ws.bufferedAmount > 16 * MIB) ws.pause();
  });
}

function payload(binary, size) {
  const data = Buffer.alloc(size, PATTERN);
  if (binary) return data.map((byte) => byte ^ 0x80);
  let whole = size; // the last character must not be cut
  while ((PATTERN[whole % PATTERN.length] & 0xc0) === 0x80) whole -= 1;
  return data.fill('.', whole);
}

// Sends messages of every size, kind and cut; each must come back as it went out; then a burst, in order.
async function sender(ws, name) {
  const replies = [];
  let wake = () => {};
  ws.on('message', (data, binary) => {
    replies.push({ data, binary });
    wake();
  });
  ws.on('close', () => wake());
  const reply = async () => {
    while (replies.length === 0 && ws.readyState === ws.OPEN) await new Promise((resolve) => (wake = resolve));
    return replies.shift();
  };
  let checked = 0;
  const same = (got, data, binary) => got !== undefined && got.binary === binary && data.equals(got.data);
  for (const size of SIZES) {
    for (const binary of [false, true]) {
      for (const cuts of [1, 3]) {
        const data = payload(binary, size);
        sendCut(ws, data, binary, Math.floor(size / cuts) + 1);
        if (!same(await reply(), data, binary)) {
          return ws.close(1008, `echo differs: ${binary ? 'binary' : 'text'}, ${size} bytes, ${cuts} fragments`);
        }
        checked += 1;
      }
    }
  }
  const burst = Array.from({ length: 200 }, (_, number) => Buffer.from(`burst ${number}`));
  for (const data of burst) ws.send(data, { binary: false });
  let fault = null;
  for (const data of burst) {
    if (!same(await reply(), data, false)) fault = 'the burst is out of order';
    checked += 1;
  }
  emit('sender', { case: name, checked, fault });
  return ws.close(1000);
}

// Pings ten times a second, each with another payload, and counts the right answers.
function pinged(ws, name) {
  let sent = 0;
  let answered = 0;
  const timer = setInterval(() => ws.ping(`ping ${sent++}`), 100);
  ws.on('pong', (data) => {
    if (data.toString() === `ping ${answered}`) answered += 1;
  });
  ws.on('close', () => {
    clearInterval(timer);
    emit('pinged', { case: name, sent, answered });
  });
}

function serveConnection(ws, request) {
  const url = new URL(request.url, 'ws://localhost');
  const query = url.searchParams;
  const name = query.get('case');
  const seen = { messages: 0, bytes: 0, largest: 0 };
  ws.on('error', () => {});
  ws.on('message', (data) => {
    seen.messages += 1;
    seen.bytes += data.length;
    seen.largest = Math.max(seen.largest, data.length);
  });
  ws.on('close', (code, reason) => emit('closed', { case: name, code, reason: reason.toString(), ...seen }));
  switch (url.pathname) {
    case '/fragment':
      return echo(ws, Number(query.get('size')));
    case '/sender':
      return sender(ws, name);
    case '/pinged':
      return pinged(ws, name);
    case '/close':
      return ws.close(Number(query.get('code')), query.get('reason'));
    default:
      return echo(ws, Infinity);
  }
}

// One port on both loopback addresses; on IPv4 alone where IPv6 does not work.
async function start(make) {
  const wss = new WebSocketServer({ noServer: true, maxPayload: 2048 * MIB, perMessageDeflate: true });
  wss.on('connection', serveConnection);
  const upgrade = (request, socket, head) =>
    wss.handleUpgrade(request, socket, head, (ws) => wss.emit('connection', ws, request));
  const v4 = make().on('upgrade', upgrade);
  await once(v4.listen(0, '127.0.0.1'), 'listening');
  const { port } = v4.address();
  make().on('upgrade', upgrade).on('error', () => {}).listen(port, '::1');
  return port;
}

// An echo server with nothing but defaults.
async function startPlain() {
  const wss = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  wss.on('connection', (ws) => {
    ws.on('error', () => {});
    ws.on('message', (data, binary) => ws.send(data, { binary }));
  });
  await once(wss, 'listening');
  return wss.address().port;
}

async function main(cert, key) {
  const tls = { cert: fs.readFileSync(cert), key: fs.readFileSync(key) };
  const ws = await start(() => http.createServer());
  const wss = await start(() => https.createServer(tls));
  const plain = await startPlain();
  emit('listening', { ws, wss, plain, version });
  process.stdin.resume().on('end', () => process.exit(0));
}

main(...process.argv.slice(2));
