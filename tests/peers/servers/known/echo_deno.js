// An echo server of Deno: `deno run --allow-net echo_deno.js PORT`.
Deno.serve({ hostname: '127.0.0.1', port: Number(Deno.args[0]) }, (request) => {
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') return new Response('', { status: 426 });
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = (event) => socket.send(event.data);
  return response;
});
