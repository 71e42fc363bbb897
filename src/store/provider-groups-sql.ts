/** Groups that the provider says somebody is in, and that there are: `q.groups` is a JSON array of their ids. */
export const SAID_GROUPS = `castellan.subjects g WHERE g.type = 'group'
  AND g.external_id IN (SELECT jsonb_array_elements_text(q.groups)) AND g.external_id NOT IN ('anyone', 'authenticated')`;

/** The member `s` is not in a group that the provider says, by whatever way. */
export const NOT_IN = `NOT EXISTS (SELECT 1 FROM castellan.memberships m WHERE m.member_id = s.id AND m.group_id = g.id)`;

/** Memberships of `s` that came from the provider, and that it does not say. */
export const NOT_SAID = `castellan.memberships m JOIN castellan.subjects g ON g.id = m.group_id
  WHERE m.member_id = s.id AND m.from_provider AND NOT jsonb_exists(q.groups, g.external_id)`;

/** Whether `s` is not in a group that the provider says. */
export const GROUPS_LACK = `EXISTS (SELECT 1 FROM ${SAID_GROUPS} AND ${NOT_IN})`;

/**
 * Ends an insert into `provider_sayings AS said`: what was said later stands. Two tokens of one second may say otherwise: neither takes away what the
 * other gives, or each request would undo the one before.
 */
export const NOTE_SAYING = `ON CONFLICT (subject_id) DO UPDATE SET said_at = excluded.said_at WHERE said.said_at <= excluded.said_at`;
