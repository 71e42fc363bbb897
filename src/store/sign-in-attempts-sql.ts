import type { Statement } from './executor.js';

// Every time is the database's, so that processes agree on them. Rows are locked in the order of their keys, and none is waited for by who
// removes some: no two statements wait for each other in a circle.

/** How long a place is remembered without a sign-in from it. */
const PLACE_LASTS = "interval '90 days'";
/** After so long without another wait, the next one is the first again. */
const FORGIVEN_AFTER = "interval '1 day'";

const SECOND = "interval '1 second'";

/**
 * Counts a try under all of the keys, or under none: either the tries that it took (one row a key), or what it has to wait for. Fewer rows
 * than `wanted` mean that other tries were quicker, and that what was taken has to be given back. $4 is the key that counts only for whoever
 * never signed in from the place $6 as $5.
 */
export const BEGIN: Statement = {
  name: 'castellan_sign_in_begin',
  text: `WITH known AS (
      SELECT 1 FROM castellan.subjects s JOIN castellan.sign_in_places p ON p.subject_id = s.id
      WHERE s.username = $5::text AND p.place = $6::text AND p.seen_at > now() - ${PLACE_LASTS}
    ), wanted AS (
      SELECT q.key, q.failures, q.within * ${SECOND} AS within FROM unnest($1::text[], $2::int[], $3::int[]) AS q(key, failures, within)
      WHERE q.key <> $4::text OR NOT EXISTS (SELECT FROM known)
    ), held AS (
      SELECT w.key, CASE WHEN a.blocked_until > now() THEN ceil(extract(epoch FROM a.blocked_until - now()))::int ELSE 1 END AS wait
      FROM wanted w JOIN castellan.sign_in_attempts a ON a.key = w.key
      WHERE a.blocked_until > now() OR (a.blocked_until IS NULL AND a.counted >= w.failures AND a.since > now() - w.within)
    ), taken AS (
      INSERT INTO castellan.sign_in_attempts AS a (key, counted, since, expires_at)
      SELECT w.key, 1, now(), now() + w.within FROM wanted w WHERE NOT EXISTS (SELECT FROM held) ORDER BY w.key
      ON CONFLICT (key) DO UPDATE SET
        counted = CASE WHEN a.blocked_until IS NULL AND a.since > excluded.since - (excluded.expires_at - excluded.since) THEN a.counted + 1 ELSE 1 END,
        since = CASE WHEN a.blocked_until IS NULL AND a.since > excluded.since - (excluded.expires_at - excluded.since) THEN a.since ELSE excluded.since END,
        blocks = CASE WHEN a.expires_at > now() THEN a.blocks ELSE 0 END,
        blocked_until = NULL,
        expires_at = GREATEST(a.expires_at, excluded.expires_at)
      WHERE NOT coalesce(a.blocked_until > now(), false) AND NOT (
        a.blocked_until IS NULL AND a.since > excluded.since - (excluded.expires_at - excluded.since)
        AND a.counted >= (SELECT w.failures FROM wanted w WHERE w.key = a.key))
      RETURNING a.key, a.since::text AS since
    ), told AS (
      SELECT key, since, NULL::int AS wait FROM taken UNION ALL SELECT key, NULL, wait FROM held
    )
    SELECT t.key, t.since, t.wait, w.wanted FROM (SELECT count(*)::int AS wanted FROM wanted) w LEFT JOIN told t ON true`,
};

export interface BegunRow {
  readonly key: string | null;
  /** Which count of the key the try is in; null where it has to wait. */
  readonly since: string | null;
  readonly wait: number | null;
  readonly wanted: number;
}

// What nothing is counted under any more, and was never shut, is as if it had not been.
export const GIVE_BACK: Statement = {
  name: 'castellan_sign_in_give_back',
  text: `WITH mine AS (
      SELECT a.key, a.counted <= 1 AND a.blocks - (a.blocked_until IS NOT NULL)::int <= 0 AS spent
      FROM unnest($1::text[], $2::text[]) AS q(key, since) JOIN castellan.sign_in_attempts a ON a.key = q.key AND a.since::text = q.since
      ORDER BY a.key FOR UPDATE OF a
    ), removed AS (
      DELETE FROM castellan.sign_in_attempts a USING mine WHERE a.key = mine.key AND mine.spent
    )
    UPDATE castellan.sign_in_attempts a SET
      counted = a.counted - 1, blocks = a.blocks - (a.blocked_until IS NOT NULL)::int, blocked_until = NULL
    FROM mine WHERE a.key = mine.key AND NOT mine.spent`,
};

/** Shuts those of the keys under which there are as many failures as there may be. */
export const SHUT: Statement = {
  name: 'castellan_sign_in_shut',
  text: `WITH full_keys AS (
      SELECT a.key, LEAST(q.wait * 2 ^ LEAST(a.blocks, 16), q.longest)::int AS wait
      FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[]) AS q(key, since, failures, wait, longest)
        JOIN castellan.sign_in_attempts a ON a.key = q.key AND a.since::text = q.since
      WHERE a.counted >= q.failures AND a.blocked_until IS NULL
      ORDER BY a.key FOR UPDATE OF a
    )
    UPDATE castellan.sign_in_attempts a SET
      blocks = a.blocks + 1, blocked_until = now() + f.wait * ${SECOND}, expires_at = now() + f.wait * ${SECOND} + ${FORGIVEN_AFTER}
    FROM full_keys f WHERE a.key = f.key RETURNING a.key, f.wait`,
};

export const PRUNE: Statement = {
  name: 'castellan_sign_in_prune',
  text: `DELETE FROM castellan.sign_in_attempts WHERE key IN (
      SELECT key FROM castellan.sign_in_attempts WHERE expires_at <= now() ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED)`,
};

/** Remembers the place, and forgets those that are long past. A row means that it was not seen within the hour. */
export const REMEMBER_PLACE: Statement = {
  name: 'castellan_sign_in_place',
  text: `WITH past AS (
      DELETE FROM castellan.sign_in_places WHERE subject_id = $1::int AND place <> $2::text AND seen_at <= now() - ${PLACE_LASTS}
    )
    INSERT INTO castellan.sign_in_places AS p (subject_id, place, seen_at) SELECT s.id, $2::text, now() FROM castellan.subjects s WHERE s.id = $1::int
    ON CONFLICT (subject_id, place) DO UPDATE SET seen_at = excluded.seen_at WHERE p.seen_at <= excluded.seen_at - interval '1 hour'
    RETURNING p.place`,
};

export const OWNER_OF_NAME: Statement = {
  name: 'castellan_owner_of_username',
  text: 'SELECT type, external_id AS id FROM castellan.subjects WHERE username = $1::text',
};
