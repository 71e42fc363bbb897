import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { read } from './project-files.js';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly environment: Record<string, string>;
  readonly volumes?: string[];
  readonly ports?: string[];
  readonly healthcheck?: { readonly test: string[] };
  readonly depends_on?: Record<string, { readonly condition: string }>;
}

const compose = parse(read('docker-compose.yml')) as {
  services: Record<'database' | 'castellan', Service>;
  volumes: Record<string, unknown>;
};
const { database, castellan } = compose.services;

describe('docker-compose.yml', () => {
  it('keeps Postgres 18 in a named volume, where that image keeps its data', () => {
    expect(database.image).toBe('postgres:18');
    expect(database.volumes).toEqual(['database:/var/lib/postgresql']);
    expect(Object.keys(compose.volumes)).toEqual(['database']);
  });

  it('starts the service once Postgres answers', () => {
    expect(database.healthcheck?.test.join(' ')).toContain('pg_isready');
    expect(castellan.depends_on).toEqual({ database: { condition: 'service_healthy' } });
  });

  it('takes every secret from the environment, and stops with a message where one is missing', () => {
    const secrets = [
      database.environment['POSTGRES_PASSWORD'],
      castellan.environment['CASTELLAN_ADMIN_PASSWORD'],
      castellan.environment['DATABASE_URL']?.replace(/^postgresql:\/\/castellan:(.*)@database:5432\/castellan$/, '$1'),
    ];
    for (const secret of secrets) expect(secret).toMatch(/^\$\{[A-Z_]+:\?[^}]+\}$/);
  });

  it('publishes the service on the loopback address only, and Postgres nowhere', () => {
    expect(castellan.ports).toEqual(['127.0.0.1:${PORT:-3000}:3000']);
    expect(database.ports).toBeUndefined();
  });

  it('runs the service from the Dockerfile, not as root and on a read-only file system', () => {
    expect(castellan).toMatchObject({ build: '.', user: 'node', read_only: true });
  });

  it('uses only variables that .env.example explains', () => {
    const used = read('docker-compose.yml').matchAll(/\$\{([A-Z_]+)/g);
    const explained = read('.env.example').matchAll(/^(?:# )?([A-Z_]+)=/gm);
    expect([...explained].map(([, name]) => name)).toEqual(expect.arrayContaining([...used].map(([, name]) => name)));
  });
});

describe('the Dockerfile', () => {
  const stages = read('Dockerfile').split(/^(?=FROM )/m);
  const final = stages.at(-1);

  it('leaves build tools behind in a stage of their own', () => {
    expect(stages).toHaveLength(2);
    expect(stages[0]).toMatch(/npm ci[\s\S]*npm run build[\s\S]*npm prune --omit=dev/);
    expect(final).not.toMatch(/npm /);
  });

  it('runs the built service, not as root, reachable from outside the container', () => {
    expect(final).toMatch(/^USER node$/m);
    expect(final).toMatch(/HOST=0\.0\.0\.0/);
    expect(final).toMatch(/^CMD \["node", (?:"--[\w=-]+", )*"dist\/main\.js"\]$/m);
  });

  it('asks the service itself whether it lives', () => {
    expect(final).toMatch(/HEALTHCHECK[\s\S]*\/health\/live/);
  });

  it('is handed each file that it copies', () => {
    const handed = read('.dockerignore').matchAll(/^!(.+)$/gm);
    const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, names]) =>
      names?.split(' '),
    );
    expect(new Set([...handed].map(([, name]) => name))).toEqual(new Set(copied));
  });
});
