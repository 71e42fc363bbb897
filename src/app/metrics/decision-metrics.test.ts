import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import type { Answered } from '../../core/decision-observer.js';
import type { Decision, Facts } from '../../core/model.js';
import { DecisionMetrics } from './decision-metrics.js';

const answered = (type: string, action: string, known: boolean, allowed = true): Answered => ({
  question: { subject: { type: 'user', id: 'alice' }, permission: { type, action } },
  facts: { typeKnown: known, actionKnown: known } as Facts,
  decision: { allowed } as Decision,
});

describe('the figures of decisions', () => {
  it('name no type or action that is not registered, whoever is allowed what', async () => {
    const registry = new Registry();
    const end = new DecisionMetrics(registry).begin();
    end([answered('made-up', 'view', false, true), answered('post', 'view', true, false)]);
    const text = await registry.metrics();
    expect(text).toContain('castellan_decisions_total{type="unknown",action="unknown",verdict="allow"} 1');
    expect(text).toContain('castellan_decisions_total{type="post",action="view",verdict="deny"} 1');
    expect(text).not.toContain('made-up');
  });

  it('name so many and no more, and count the rest together', async () => {
    const registry = new Registry();
    const end = new DecisionMetrics(registry).begin();
    end(Array.from({ length: 2000 }, (_, n) => answered(`type${n}`, 'view', true)));
    const text = await registry.metrics();
    expect(text.match(/^castellan_decisions_total\{/gm)?.length).toBeLessThan(1100);
    expect(text).toMatch(/castellan_decisions_total\{type="other",action="other",verdict="allow"\} 1500$/m);
  });

  it('count questions that were left without a decision apart', async () => {
    const registry = new Registry();
    const metrics = new DecisionMetrics(registry);
    metrics.begin()(null);
    expect(await registry.metrics()).toMatch(/^castellan_decisions_failed_total 1$/m);
  });
});
