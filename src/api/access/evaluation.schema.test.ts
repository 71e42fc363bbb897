import { describe, expect, it } from 'vitest';
import { parseEvaluations } from './evaluation.schema.js';

const subject = { type: 'user', id: 'alice' };
const action = { name: 'view' };
const resource = { type: 'post', id: '1' };
const parsed = (body: object) => {
  const request = parseEvaluations(body);
  return 'evaluations' in request ? request.evaluations : [request];
};

describe('several evaluations', () => {
  it('take whole parts from the top where they have none of their own', () => {
    const other = { type: 'post', id: '2' };
    const context = { a: 1 };
    expect(
      parsed({
        subject: { ...subject, properties: { vip: true } },
        action,
        resource: { ...resource, properties: { status: 'draft' } },
        context,
        evaluations: [{}, { resource: other }, { subject, context: {} }],
      }),
    ).toEqual([
      {
        subject: { ...subject, properties: { vip: true } },
        action,
        resource: { ...resource, properties: { status: 'draft' } },
        context,
      },
      { subject: { ...subject, properties: { vip: true } }, action, resource: other, context },
      { subject, action, resource: { ...resource, properties: { status: 'draft' } }, context: {} },
    ]);
  });

  it('leave out what the standard does not name', () => {
    const extra = { constructor: 'x', extra: 1 };
    const body = { ...extra, evaluations: [{ ...extra, subject: { ...subject, ...extra }, action, resource }] };
    expect(parsed(body)).toEqual([{ subject, action, resource }]);
  });

  it('are one where none are named', () => {
    expect(parsed({ subject, action, resource, evaluations: [] })).toEqual([{ subject, action, resource }]);
  });
});
