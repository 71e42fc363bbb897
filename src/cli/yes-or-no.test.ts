import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isYes } from './yes-or-no.js';

async function answerTo(typed: string | null): Promise<{ yes: boolean; shown: string }> {
  const [input, screen] = [new PassThrough(), new PassThrough()];
  const answer = isYes('Go on? [y/N] ', input, screen);
  if (typed === null) input.end();
  else input.write(typed);
  const yes = await answer;
  return { yes, shown: String(screen.read()) };
}

describe('a question on a terminal', () => {
  it.each([
    ['y\n', true],
    ['Yes \n', true],
    ['n\n', false],
    ['\n', false],
    ['yep\n', false],
    [null, false],
  ])('answered with %j is yes: %j', async (typed, yes) => {
    expect(await answerTo(typed)).toEqual({ yes, shown: expect.stringContaining('Go on? [y/N] ') as string });
  });
});
