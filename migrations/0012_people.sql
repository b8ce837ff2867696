-- People by the beginning of what they are looked up by. Kept by triggers: nobody who writes people can forget it.

-- Words of the name and whole addresses, in lower case, of active people. "C", so that a beginning is a range.
CREATE TABLE mail_state.people_words (
  tenant_id uuid NOT NULL,
  word text COLLATE "C" NOT NULL,
  user_id uuid NOT NULL REFERENCES mail_state.users (id) ON DELETE CASCADE,
  PRIMARY KEY (tenant_id, word, user_id)
);
CREATE INDEX people_words_by_user ON mail_state.people_words (user_id);

-- Everybody, in the order of their names.
CREATE INDEX users_by_name ON mail_state.users (tenant_id, lower(display_name), email) WHERE status = 'active';

CREATE FUNCTION mail_state.index_people(people uuid[]) RETURNS void LANGUAGE sql AS $$
  DELETE FROM mail_state.people_words WHERE user_id = ANY (people);
  INSERT INTO mail_state.people_words (tenant_id, word, user_id)
  SELECT DISTINCT person.tenant_id, left(said.word, 255), person.id
  FROM mail_state.users AS person CROSS JOIN LATERAL (
    SELECT regexp_split_to_table(lower(person.display_name), '\s+')
    UNION ALL SELECT person.email
    UNION ALL SELECT address FROM mail_state.aliases WHERE user_id = person.id
  ) AS said (word)
  WHERE person.id = ANY (people) AND person.status = 'active' AND said.word <> '';
$$;

CREATE FUNCTION mail_state.people_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM mail_state.index_people(ARRAY(SELECT id FROM changed));
  RETURN NULL;
END;
$$;

CREATE FUNCTION mail_state.aliases_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM mail_state.index_people(ARRAY(SELECT DISTINCT user_id FROM changed));
  RETURN NULL;
END;
$$;

CREATE TRIGGER people_added AFTER INSERT ON mail_state.users REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION mail_state.people_changed();
CREATE TRIGGER people_changed AFTER UPDATE ON mail_state.users REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION mail_state.people_changed();
CREATE TRIGGER aliases_added AFTER INSERT ON mail_state.aliases REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION mail_state.aliases_changed();
CREATE TRIGGER aliases_removed AFTER DELETE ON mail_state.aliases REFERENCING OLD TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION mail_state.aliases_changed();

SELECT mail_state.index_people(ARRAY(SELECT id FROM mail_state.users));
