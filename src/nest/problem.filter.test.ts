import {
  BadRequestException,
  ForbiddenException,
  ImATeapotException,
  NotFoundException,
  PayloadTooLargeException,
  UnauthorizedException,
} from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import type { HttpAdapterHost } from '@nestjs/core';
import { describe, expect, it, vi } from 'vitest';
import { CastellanError, ERRORS, invalidField, notFound, type ErrorCode } from '../core/errors.js';
import { problemOf, ProblemFilter } from './problem.filter.js';

const SECRET = 'password=hunter2 SELECT * FROM users';

/** Lets the filter answer the error, and tells what it did. */
function answerTo(thrown: unknown, options: { sent?: boolean; translate?: (error: unknown) => unknown } = {}) {
  const headers: Record<string, string> = {};
  const reply = vi.fn();
  const report = vi.fn();
  const httpAdapter = {
    isHeadersSent: () => options.sent === true,
    setHeader: (_response: unknown, name: string, value: string) => void (headers[name.toLowerCase()] = value),
    reply,
  };
  const host = { switchToHttp: () => ({ getRequest: () => ({ id: 'request-7' }), getResponse: () => ({}) }) };
  const filter = new ProblemFilter({ httpAdapter } as unknown as HttpAdapterHost, report, options.translate);
  filter.catch(thrown, host as unknown as ArgumentsHost);
  const [, body, status] = (reply.mock.calls[0] ?? []) as [unknown, ReturnType<typeof problemOf>, number];
  return { body, status, headers, report, replies: reply.mock.calls.length };
}

const withStatus = (statusCode: unknown): Error => Object.assign(new Error(SECRET), { statusCode });

describe('the answer to an error', () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])('has the status, the title and the code of %s', (code) => {
    const { body, status, headers } = answerTo(new CastellanError(code, 'What was wrong.'));
    expect(status).toBe(ERRORS[code].status);
    expect(body).toEqual({
      type: `urn:castellan:error:${code}`,
      title: ERRORS[code].title,
      status,
      code,
      detail: 'What was wrong.',
    });
    expect(headers['content-type']).toBe('application/problem+json; charset=utf-8');
    const error = code === 'invalid_token' ? ', error="invalid_token"' : '';
    expect(headers['www-authenticate']).toBe(
      status === 401 ? `Basic realm="castellan", charset="UTF-8", Bearer realm="castellan"${error}` : undefined,
    );
    expect(headers['retry-after']).toBe(status === 503 ? '1' : undefined);
  });

  it('names the faults there are', () => {
    expect(answerTo(invalidField('limit', 'is too large')).body).toMatchObject({
      detail: 'limit is too large.',
      errors: [{ path: 'limit', message: 'is too large' }],
    });
    expect(answerTo(notFound()).body).not.toHaveProperty('errors');
  });

  it.each([
    [new NotFoundException(SECRET), 'not_found'],
    [new UnauthorizedException(SECRET), 'not_authenticated'],
    [new ForbiddenException(SECRET), 'forbidden'],
    [new PayloadTooLargeException(SECRET), 'too_large'],
    [new BadRequestException(SECRET), 'malformed_request'],
    [new ImATeapotException(SECRET), 'malformed_request'],
    [withStatus(404), 'not_found'],
    [withStatus(413), 'too_large'],
    [withStatus(415), 'unsupported_media_type'],
    [withStatus(400), 'malformed_request'],
    [new URIError(SECRET), 'malformed_request'],
  ])('of the framework has a code of ours, and none of its words: %#', (error, code) => {
    const { body, report } = answerTo(error);
    expect(body.code).toBe(code);
    expect(JSON.stringify(body)).not.toContain(SECRET);
    expect(report).not.toHaveBeenCalled();
  });

  it.each([
    [new Error(SECRET)],
    [withStatus(500)],
    [withStatus(200)],
    [withStatus('404')],
    [withStatus(Number.NaN)],
    [new CastellanError('internal', 'A question was left without an answer.', [], { cause: SECRET })],
    [SECRET],
    [{ detail: SECRET }],
    [null],
    [undefined],
  ])('that nobody expected is told to the operator, and to nobody else: %#', (error) => {
    const { body, status, report } = answerTo(error);
    expect([status, body.code]).toEqual([500, 'internal']);
    expect(JSON.stringify(body)).not.toContain(SECRET);
    expect(report).toHaveBeenCalledExactlyOnceWith(error, 'request-7');
  });

  it('says when it is worth another try, where that is known, and a second where it will pass', () => {
    const waiting = new CastellanError('too_many_attempts', 'Wait.', [], { retryAfter: 899 });
    expect(answerTo(waiting)).toMatchObject({ status: 429, headers: { 'retry-after': '899' } });
    expect(answerTo(new CastellanError('overloaded', 'Wait.')).headers).toMatchObject({ 'retry-after': '1' });
    expect(answerTo(new CastellanError('not_found', 'No.')).headers).not.toHaveProperty('retry-after');
  });

  it('never tells what caused it', () => {
    const error = new CastellanError('database_unavailable', 'The database is out of reach.', [], {
      cause: new Error(SECRET),
    });
    expect(JSON.stringify(answerTo(error).body)).not.toContain(SECRET);
  });

  it('is in the words that an error from below was put into', () => {
    const below = new Error(SECRET);
    const translate = (error: unknown) => (error === below ? new CastellanError('overloaded', 'Try again.') : error);
    const { status, report } = answerTo(below, { translate });
    expect(status).toBe(503);
    expect(report).not.toHaveBeenCalled();
    expect(answerTo(new Error('other'), { translate }).status).toBe(500);
  });

  it('is not sent where an answer has begun; the operator hears of it all the same', () => {
    const { replies, report, headers } = answerTo(new Error(SECRET), { sent: true });
    expect([replies, headers]).toEqual([0, {}]);
    expect(report).toHaveBeenCalledOnce();
  });
});
