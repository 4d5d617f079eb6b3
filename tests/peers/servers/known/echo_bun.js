// An echo server of Bun: `bun echo_bun.js PORT`.
Bun.serve({
  hostname: '127.0.0.1',
  port: Number(process.argv[2]),
  fetch: (request, server) => (server.upgrade(request) ? undefined : new Response('', { status: 426 })),
  websocket: { message: (ws, message) => ws.send(message) },
});
