import { isIP } from 'node:net';
import { z } from 'zod';

/** Addresses and networks (CIDR) behind one another, with commas between them; a network of all addresses is refused. */
export const trustedProxies = z.string().transform((text, context) => {
  const entries = text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  for (const entry of entries) {
    const fault = faultOf(entry);
    if (fault !== undefined) context.addIssue({ code: 'custom', message: `${JSON.stringify(entry)} ${fault}` });
  }
  return entries;
});

function faultOf(entry: string): string | undefined {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  const family = isIP(address);
  const most = family === 4 ? 32 : 128;
  if (family === 0 || address.includes('%') || (bits !== undefined && Number(bits) > most)) {
    return 'must be an address or a network, such as 10.0.0.5 or 10.0.0.0/8';
  }
  return bits !== undefined && Number(bits) === 0 ? 'would trust everybody' : undefined;
}
