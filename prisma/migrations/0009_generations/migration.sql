-- Each certificate says which generation of its CA issued it: until now there was one of each.
ALTER TABLE "Certificate" ADD COLUMN "issuer" TEXT NOT NULL DEFAULT 'users';
ALTER TABLE "ServerCertificate" ADD COLUMN "issuer" TEXT NOT NULL DEFAULT 'servers';
CREATE INDEX "Certificate_issuer_notAfter_idx" ON "Certificate" ("issuer", "notAfter");

-- The issuing CAs that were ever here, so that a name means the same one for good.
CREATE TABLE "Authority" (
  "name" TEXT NOT NULL PRIMARY KEY,
  "fingerprint" TEXT NOT NULL,
  "revokedAt" DATETIME,
  "retiredAt" DATETIME
);
