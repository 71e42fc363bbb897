-- One row, of which the planner expects very many. A view of access joins it where rows are to be asked one by one: what looks too large to be
-- hashed is not computed for everything a subject may see, only to show one page of it.
CREATE FUNCTION "castellan"."taken_for_many"() RETURNS SETOF integer
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 1000000000 AS $$
BEGIN
  RETURN NEXT 1;
END
$$;
