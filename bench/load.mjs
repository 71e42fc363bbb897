// Keeps N connections busy with requests, one at a time on each, and measures how long each answer takes.
// It speaks just enough HTTP/1.1 for that, so that it takes little of the machine that it measures.
import net from 'node:net';

const HEAD_END = Buffer.from('\r\n\r\n');

/** The bytes of a request. */
export function request({ method = 'GET', path, headers = {}, body }) {
  const text = body === undefined ? '' : JSON.stringify(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  if (body !== undefined) lines.push('Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`);
}

/** Sends what `next(n)` makes, on each connection for the time given; throws when an answer has another status than expected. */
export async function load({ port, connections, seconds, next, status = 200 }) {
  const latencies = [];
  const until = performance.now() + seconds * 1000;
  let sent = 0;
  const expected = Buffer.from(`HTTP/1.1 ${status}`);
  const started = performance.now();
  await Promise.all(
    Array.from({ length: connections }, () => {
      return new Promise((resolve, reject) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.setNoDelay(true);
        let buffered = null;
        let startedAt = 0;
        const send = () => {
          startedAt = performance.now();
          if (startedAt >= until) {
            socket.end();
            resolve();
            return;
          }
          socket.write(next(sent++));
        };
        socket.on('connect', send);
        socket.on('error', reject);
        socket.on('close', () => reject(new Error('The service closed the connection.')));
        socket.on('data', (chunk) => {
          buffered = buffered === null ? chunk : Buffer.concat([buffered, chunk]);
          const end = buffered.indexOf(HEAD_END);
          if (end < 0) return;
          const head = buffered.latin1Slice(0, end).toLowerCase();
          const at = head.indexOf('content-length: ');
          const length = at < 0 ? 0 : Number.parseInt(head.slice(at + 16), 10);
          if (buffered.length < end + 4 + length) return;
          if (!buffered.subarray(0, expected.length).equals(expected)) {
            reject(new Error(buffered.toString()));
            socket.destroy();
            return;
          }
          latencies.push(performance.now() - startedAt);
          buffered = null;
          send();
        });
      });
    }),
  );
  const took = (performance.now() - started) / 1000;
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return { perSecond: latencies.length / took, median: at(0.5), p99: at(0.99), requests: latencies.length };
}
