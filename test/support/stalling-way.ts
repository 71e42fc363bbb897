import net from 'node:net';

/** A way to a database on which, while it is stalled, nothing comes through in either direction, and nothing breaks. */
export interface StallingWay {
  /** The database's URL, by this way. */
  readonly databaseUrl: string;
  stall(): void;
  /** Lets new words through; those that were stalled are lost. */
  flow(): void;
  close(): Promise<void>;
}

/** Makes a way to the database, as a network that drops what it is given. */
export async function stallingWay(databaseUrl: string): Promise<StallingWay> {
  const target = new URL(databaseUrl);
  const sockets = new Set<net.Socket>();
  let stalled = false;
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('data', (words) => {
        if (!stalled) to.write(words);
      });
      from
        .on('error', () => {})
        .on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const own = new URL(databaseUrl);
  own.hostname = '127.0.0.1';
  own.port = String((server.address() as net.AddressInfo).port);
  return {
    databaseUrl: own.href,
    stall: () => {
      stalled = true;
    },
    flow: () => {
      stalled = false;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
