import net from 'node:net';

/** A way to a database that can be shut and opened: shut, connections are refused and those there are cut. */
export interface DatabaseDoor {
  /** The database's URL, by this way. */
  readonly databaseUrl: string;
  open(): Promise<void>;
  shut(): Promise<void>;
}

/** Makes a way to the database; it is shut at first, on a port that stays the same. */
export async function databaseDoor(databaseUrl: string): Promise<DatabaseDoor> {
  const target = new URL(databaseUrl);
  const sockets = new Set<net.Socket>();
  let server: net.Server | undefined;
  const listen = (port: number): Promise<net.Server> =>
    new Promise((resolve, reject) => {
      const listening = net.createServer((client) => {
        const upstream = net.connect(Number(target.port), target.hostname);
        for (const socket of [client, upstream]) {
          sockets.add(socket);
          socket.on('error', () => {}).on('close', () => sockets.delete(socket));
        }
        client.pipe(upstream).pipe(client);
      });
      listening.once('error', reject).listen(port, '127.0.0.1', () => resolve(listening));
    });
  const shut = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      if (server) server.close(() => resolve());
      else resolve();
      server = undefined;
    });
  server = await listen(0);
  const { port } = server.address() as net.AddressInfo;
  await shut();
  const own = new URL(databaseUrl);
  own.hostname = '127.0.0.1';
  own.port = String(port);
  return {
    databaseUrl: own.href,
    open: async () => {
      server = await listen(port);
    },
    shut,
  };
}
