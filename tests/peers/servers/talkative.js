// Servers that speak protocols of their own, for the acceptance run: socket.io, graphql-ws, and node's inspector, which speaks the
// DevTools protocol. Prints one JSON object with their URLs; ends when its stdin does.
//
// usage: NODE_PATH=.../node_modules node talkative.js
'use strict';

const http = require('node:http');
const inspector = require('node:inspector');
const { once } = require('node:events');
const { buildSchema } = require('graphql');
const { useServer } = require('graphql-ws/use/ws');
const { Server } = require('socket.io');
const { WebSocketServer } = require('ws');

const SCHEMA = buildSchema('type Query { hello: String } type Subscription { count(to: Int!): Int }');

async function* count({ to }) {
  for (let number = 1; number <= to; number += 1) yield { count: number };
}

async function listen(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${server.address().port}`;
}

async function main() {
  const socketio = http.createServer();
  new Server(socketio).on('connection', (socket) => {
    socket.on('add', (one, other) => socket.emit('sum', one + other));
  });
  const graphql = http.createServer();
  const roots = { query: { hello: () => 'world' }, subscription: { count } };
  useServer({ schema: SCHEMA, roots }, new WebSocketServer({ server: graphql, path: '/graphql' }));
  inspector.open(0, '127.0.0.1');
  const urls = {
    devtools: inspector.url(),
    graphql: `ws://${await listen(graphql)}/graphql`,
    socketio: `ws://${await listen(socketio)}/socket.io/?EIO=4&transport=websocket`,
  };
  process.stdout.write(`${JSON.stringify({ event: 'listening', ...urls })}\n`);
}

process.stdin.on('end', () => process.exit(0)).resume();
main();
