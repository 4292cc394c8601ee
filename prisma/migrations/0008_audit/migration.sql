-- Who did what, each row with the hash of the one before: what is changed, dropped or put elsewhere shows.
CREATE TABLE "Audit" (
  "seq" INTEGER NOT NULL PRIMARY KEY,
  "at" DATETIME NOT NULL,
  "actor" TEXT NOT NULL,
  "action" TEXT NOT NULL,
  "subject" TEXT NOT NULL,
  "details" TEXT NOT NULL,
  "previousHash" TEXT NOT NULL,
  "hash" TEXT NOT NULL
);
CREATE INDEX "Audit_subject_seq_idx" ON "Audit" ("subject", "seq");
-- No defence against whoever holds the file, whom the hashes are for, but against a mistake of the program.
CREATE TRIGGER "Audit_update" BEFORE UPDATE ON "Audit" BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER "Audit_delete" BEFORE DELETE ON "Audit" BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;
