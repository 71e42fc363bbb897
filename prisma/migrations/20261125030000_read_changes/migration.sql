-- CreateIndex
CREATE INDEX "changes_at_idx" ON "castellan"."changes"("at");

-- The subject and the object that a change is about, as type:id, where it is a grant, an assignment, a membership, a token or a session; what has an
-- id of its own is its target.
CREATE FUNCTION "castellan"."subject_of_change"("before" jsonb, "after" jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN COALESCE(
  COALESCE(COALESCE("after", "before") -> 'subject', COALESCE("after", "before") -> 'member') ->> 'type' || ':'
    || (COALESCE(COALESCE("after", "before") -> 'subject', COALESCE("after", "before") -> 'member') ->> 'id'),
  'user:' || (COALESCE("after", "before") ->> 'user')
);
CREATE FUNCTION "castellan"."object_of_change"("before" jsonb, "after" jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (COALESCE("after", "before") -> 'object' ->> 'type') || ':' || (COALESCE("after", "before") -> 'object' ->> 'id');

CREATE INDEX "changes_subject_idx" ON "castellan"."changes" ("castellan"."subject_of_change"("before", "after"), "id")
  WHERE "castellan"."subject_of_change"("before", "after") IS NOT NULL;
CREATE INDEX "changes_object_idx" ON "castellan"."changes" ("castellan"."object_of_change"("before", "after"), "id")
  WHERE "castellan"."object_of_change"("before", "after") IS NOT NULL;
