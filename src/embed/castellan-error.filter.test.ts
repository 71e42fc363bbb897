import { Logger, type ArgumentsHost } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { describe, expect, it, vi } from 'vitest';
import { CastellanError } from '../core/errors.js';
import { CastellanErrorFilter } from './castellan-error.filter.js';

const SECRET = 'authz.with(tx) takes an AuthzModule over postgres://app:hunter2@db';

/** Lets the filter answer the error, and tells what it did. */
function answerTo(error: CastellanError, challenge?: string) {
  const headers: Record<string, string> = {};
  const reply = vi.fn();
  const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
  const httpAdapter = {
    isHeadersSent: () => false,
    setHeader: (_response: unknown, name: string, value: string) => void (headers[name.toLowerCase()] = value),
    reply,
  };
  const http = { getRequest: () => ({ id: 'request-7' }), getResponse: () => ({}) };
  const host = { getType: () => 'http', switchToHttp: () => http } as unknown as ArgumentsHost;
  const adapterHost = { httpAdapter } as unknown as HttpAdapterHost;
  const filter = new CastellanErrorFilter(adapterHost, challenge === undefined ? {} : { challenge });
  // oxlint-disable-next-line promise/no-promise-in-callback -- a filter's catch is none of a promise's
  filter.catch(error, host);
  const [, body, status] = reply.mock.calls[0] as [unknown, Record<string, unknown>, number];
  return { body, status, headers, logged: log.mock.calls.map(String).join('\n') };
}

describe('an error of Castellan that a handler lets pass', () => {
  it('is told to the log, and to no caller, where the app itself is wrong', () => {
    const { body, status, logged } = answerTo(new CastellanError('internal', SECRET));
    expect([status, body['code']]).toEqual([500, 'internal']);
    expect(JSON.stringify(body)).not.toContain('authz.with');
    expect(logged).toContain(SECRET);
    expect(logged).toContain('request-7');
  });

  it('says when to come again, where nothing can be decided now, and its cause to the log', () => {
    const cause = new Error('connect ECONNREFUSED');
    const { headers, logged } = answerTo(new CastellanError('database_unavailable', 'Away.', [], { cause }));
    expect(headers['retry-after']).toBe('1');
    expect(logged).toContain('ECONNREFUSED');
  });

  it('says how to sign in, where the app says so', () => {
    const error = new CastellanError('not_authenticated', 'Sign in first.');
    expect(answerTo(error, 'Basic realm="blog"').headers['www-authenticate']).toBe('Basic realm="blog"');
    expect(answerTo(error).headers).not.toHaveProperty('www-authenticate');
  });

  it('is told to the caller alone, where it is the caller’s own', () => {
    const { body, status, logged, headers } = answerTo(new CastellanError('cycle', 'It would contain itself.'));
    expect([status, body['detail'], logged]).toEqual([409, 'It would contain itself.', '']);
    expect(headers).not.toHaveProperty('retry-after');
  });
});
