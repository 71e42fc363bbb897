import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rawRequest } from '../support/raw-request.js';
import { startTestService, type TestService } from '../support/service.js';

describe('the page at /docs', () => {
  let service: TestService;
  let html: string;
  let headers: Record<string, string>;

  beforeAll(async () => {
    service = await startTestService();
    const answer = await service.as().get('/docs').expect(200);
    html = answer.text;
    headers = answer.headers;
  });
  afterAll(() => service.stop());

  const links = (): string[] => [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
  const files = (): string[] => links().filter((link) => link.startsWith('docs/'));

  it('is a page of HTML that may load from the service alone, and be framed by nobody', () => {
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    const policy = headers['content-security-policy'] ?? '';
    expect(policy.split('; ').toSorted()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "script-src 'self'",
      "style-src 'self'",
    ]);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it('names nothing from elsewhere, and has neither scripts nor styles written into it', () => {
    expect(links().filter((link) => /^(?:\w+:)?\/\//.test(link))).toEqual([]);
    expect(html).not.toMatch(/<style|style=|\son\w+=|javascript:/);
    expect(html.match(/<script(?![^>]*\ssrc=)/g)).toBeNull();
    expect(files()).toHaveLength(3);
  });

  it('has its files, which may be kept for ever under their version, and are asked for anew without it', async () => {
    const types = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8' };
    for (const file of files()) {
      const [path = '', version] = file.split('?v=');
      expect(version, file).toMatch(/^[0-9a-f]{16}$/);
      const kept = await rawRequest(service.app, { path: `/${file}` });
      expect(kept.status, file).toBe(200);
      expect(kept.headers['cache-control'], file).toBe('public, max-age=31536000, immutable');
      expect(kept.headers['content-type'], file).toBe(types[path.split('.').pop() as 'js' | 'css']);
      expect(kept.text.length, file).toBeGreaterThan(500);
      for (const other of [path, `${path}?v=0123456789abcdef`, `${file}&v=${version}`])
        expect((await service.as().head(`/${other}`).expect(200)).headers['cache-control'], other).toBe('no-cache');
    }
  });

  it('answers HEAD as GET, without the body', async () => {
    for (const path of ['/docs', ...files().map((file) => `/${file}`)]) {
      const head = await rawRequest(service.app, { method: 'HEAD', path });
      const get = await rawRequest(service.app, { path });
      expect([head.status, head.text], path).toEqual([200, '']);
      expect(head.headers['content-length'], path).toBe(String(Buffer.byteLength(get.text)));
      expect(head.headers['content-type'], path).toBe(get.headers['content-type']);
    }
  });

  it.each([
    '/docs/index.html',
    '/docs/package.json',
    '/docs/constructor',
    '/docs/__proto__',
    '/docs/..%2Fpage-files.ts',
    '/docs/..%2F..%2F..%2F..%2Fpackage.json',
    '/docs/swagger-ui.css%00',
  ])('answers no other file: %s', async (path) => {
    const answer = await rawRequest(service.app, { path });
    expect([404, 422]).toContain(answer.status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['content-security-policy']).toBe("default-src 'none'; frame-ancestors 'none'");
  });

  it.each([
    ['swagger-ui-LICENSE.txt', 'Apache License'],
    ['swagger-ui-NOTICE.txt', 'SmartBear'],
    ['swagger-ui-bundle.js.LICENSE.txt', 'MIT'],
  ])('brings %s of what it is made with', async (file, words) => {
    expect((await service.as().get(`/docs/${file}`).expect(200)).text).toContain(words);
  });

  it('asks no server elsewhere to check the description', async () => {
    const { text } = await rawRequest(service.app, { path: '/docs/page.js' });
    expect(text).toContain('validatorUrl: null');
    expect(text).not.toMatch(/https?:\/\/|localStorage|sessionStorage|document\.cookie/);
  });
});
