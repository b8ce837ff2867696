-- A search is planned by how much mail a mailbox has. So that this is soon known of one that was just filled, the tables are
-- looked at more often; of texts nothing is asked.
ALTER TABLE search.documents ALTER COLUMN heads SET STATISTICS 0, ALTER COLUMN words SET STATISTICS 0,
  ALTER COLUMN pairs SET STATISTICS 0;
DO $$
BEGIN
  FOR n IN 0..15 LOOP
    EXECUTE format('ALTER TABLE search.documents_%s SET (autovacuum_analyze_scale_factor = 0.02)', n);
  END LOOP;
END
$$;
