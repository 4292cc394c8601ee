-- What administrators list, in the order of the end of validity: one index for each standing that does not change by
-- itself, so that a page costs the same however many certificates there are.
CREATE INDEX "Certificate_good_idx" ON "Certificate" ("notAfter") WHERE "revokedAt" IS NULL AND "supersededAt" IS NULL;
CREATE INDEX "Certificate_superseded_idx" ON "Certificate" ("notAfter")
  WHERE "revokedAt" IS NULL AND "supersededAt" IS NOT NULL;
-- Those that will be superseded within minutes are found by that, and put in order without looking at themselves.
CREATE INDEX "Certificate_pending_idx" ON "Certificate" ("supersededAt", "notAfter")
  WHERE "revokedAt" IS NULL AND "supersededAt" IS NOT NULL;
CREATE INDEX "Certificate_revoked_idx" ON "Certificate" ("notAfter") WHERE "revokedAt" IS NOT NULL;
CREATE INDEX "Certificate_userId_notAfter_idx" ON "Certificate" ("userId", "notAfter");
CREATE INDEX "User_administrator_idx" ON "User" ("username") WHERE "role" = 'administrator';
