// The network between a browser and the server, as a proxy of one browser window: it can be cut, and it can swallow answers.
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { base } from './lib.mjs';

export class Network {
  #open = new Set();
  #tunnels = new Set();
  #down = false;
  #swallows;
  #held;
  #rewritten = new Map();
  #cutsAt;
  swallowed = 0;
  refused = 0;

  // start returns a network, whose `proxy` goes into the options of a window.
  static async start() {
    const network = new Network();
    const server = createServer((incoming, answer) => network.#pass(incoming, answer).catch(() => answer.destroy())); // it was cut in the middle of a request
    server.on('connection', (socket) => network.#hold(socket));
    server.on('connect', (incoming, socket, head) => network.#tunnel(incoming, socket, head)); // websockets
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    server.unref();
    network.proxy = { server: `http://127.0.0.1:${server.address().port}` };
    return network;
  }

  // cut ends every connection there is, and takes no other until restore. The page's browser is told, as it is when a phone loses its network, unless it is to find out by itself.
  async cut(page, { tell = true } = {}) {
    this.#fall();
    if (tell) await page.context().setOffline(true);
  }

  // cutAt lets the network go with the first request whose body matches: that one never leaves, and nobody is told.
  cutAt(pattern) {
    this.#cutsAt = pattern;
  }

  #fall() {
    this.#down = true;
    for (const socket of this.#open) socket.destroy();
  }

  async restore(page) {
    this.#down = false;
    this.#swallows = this.#cutsAt = undefined;
    await page.context().setOffline(false);
  }

  // swallow lets requests whose body matches reach the server, and their answers reach nobody: the connection just stays silent.
  swallow(pattern) {
    this.#swallows = pattern;
  }

  // hold keeps requests whose body matches on their way, until what it returns is called: whoever asked may have given up by then.
  hold(pattern) {
    let letGo;
    this.#held = { pattern, isOver: new Promise((over) => (letGo = over)) };
    return letGo;
  }

  // rewrite changes what the server says at a path, as its next version may.
  rewrite(path, change) {
    this.#rewritten.set(path, change);
  }

  // silence lets no word more through the websockets there are, and closes none of them: so are connections after a sleep.
  silence() {
    for (const [socket, onward] of this.#tunnels) {
      socket.unpipe(onward).pause();
      onward.unpipe(socket).pause();
    }
  }

  #hold(socket) {
    if (this.#down) return socket.destroy();
    this.#open.add(socket);
    socket.on('close', () => this.#open.delete(socket));
    socket.on('error', () => {}); // cut
  }

  async #pass(incoming, answer) {
    const body = await text(incoming);
    if (this.#cutsAt?.test(body)) this.#fall();
    if (this.#down) return void this.refused++;
    if (this.#held?.pattern.test(body)) await this.#held.isOver;
    const { pathname, search } = new URL(incoming.url, base);
    const change = this.#rewritten.get(pathname);
    const headers = change ? { host: incoming.headers.host } : incoming.headers; // else it may be packed, or not come again
    const onward = request(base + pathname + search, { method: incoming.method, headers }, (reply) => {
      if (this.#swallows?.test(body)) {
        this.swallowed++;
        return reply.resume();
      }
      if (!change) {
        answer.writeHead(reply.statusCode, reply.headers);
        return reply.pipe(answer);
      }
      const { 'content-length': _, ...kept } = reply.headers;
      text(reply).then((said) => answer.writeHead(reply.statusCode, kept).end(change(said)), () => answer.destroy());
    });
    onward.on('error', () => answer.destroy());
    onward.end(body);
  }

  #tunnel(incoming, socket, head) {
    const { hostname, port } = new URL(`http://${incoming.url}`);
    const onward = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(socket).pipe(onward);
      const both = [socket, onward];
      this.#tunnels.add(both);
      onward.on('close', () => this.#tunnels.delete(both));
    });
    this.#hold(onward);
    onward.on('close', () => socket.destroy());
    socket.on('error', () => onward.destroy());
    socket.on('close', () => onward.destroy());
  }
}
