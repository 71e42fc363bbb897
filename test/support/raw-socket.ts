import net from 'node:net';

/** A connection on which a test sends bytes when it will, and reads what comes when it will. */
export interface RawSocket {
  readonly socket: net.Socket;
  readonly write: (text: string) => void;
  /** All that has come so far. */
  readonly received: () => string;
  /** Waits until what has come matches; fails when the connection ends before. */
  readonly until: (pattern: RegExp) => Promise<string>;
  /** Waits for the end of the connection. */
  readonly ended: Promise<void>;
}

/** Connects to an address such as `http://127.0.0.1:3000`. */
export async function rawSocket(address: string): Promise<RawSocket> {
  const socket = net.connect(Number(new URL(address).port), '127.0.0.1');
  let text = '';
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return {
    socket,
    write: (sent) => void socket.write(sent),
    received: () => text,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (pattern.test(text)) resolve(text);
        };
        socket.on('data', look);
        socket.once('close', () => reject(new Error(`The connection ended with:\n${text}`)));
        look();
      }),
    ended,
  };
}

/** The beginning of a sign-in whose body has not come whole: it stays under way until the rest is sent. */
export const HALF_A_SIGN_IN =
  'POST /api/v1/auth/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{';
export const OTHER_HALF = '}';
