-- Certificates of the server's own, of which OCSP must know that they were issued.
CREATE TABLE "ServerCertificate" (
  "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  "serialNumber" TEXT NOT NULL,
  "fingerprint" TEXT NOT NULL,
  "notBefore" DATETIME NOT NULL,
  "notAfter" DATETIME NOT NULL,
  "supersededAt" DATETIME,
  "revokedAt" DATETIME,
  "revocationReason" TEXT
);
CREATE UNIQUE INDEX "ServerCertificate_serialNumber_key" ON "ServerCertificate" ("serialNumber");

-- The last CRL of each issuing CA.
CREATE TABLE "Crl" (
  "issuer" TEXT NOT NULL PRIMARY KEY,
  "number" INTEGER NOT NULL,
  "issuedAt" DATETIME NOT NULL
);

-- What a CRL lists is found without looking at the certificates that nobody revoked.
CREATE INDEX "Certificate_notAfter_idx" ON "Certificate" ("notAfter")
  WHERE "revokedAt" IS NOT NULL OR "supersededAt" IS NOT NULL;
CREATE INDEX "Certificate_supersededAt_idx" ON "Certificate" ("supersededAt") WHERE "supersededAt" IS NOT NULL;
CREATE INDEX "ServerCertificate_notAfter_idx" ON "ServerCertificate" ("notAfter")
  WHERE "revokedAt" IS NOT NULL OR "supersededAt" IS NOT NULL;
CREATE INDEX "ServerCertificate_supersededAt_idx" ON "ServerCertificate" ("supersededAt")
  WHERE "supersededAt" IS NOT NULL;

-- Counts the changes of what is revoked, so that a CRL that is still right is known to be.
CREATE TABLE "RevocationChange" (
  "issuer" TEXT NOT NULL PRIMARY KEY,
  "count" INTEGER NOT NULL
);
INSERT INTO "RevocationChange" ("issuer", "count") VALUES ('users', 0), ('servers', 0);
CREATE TRIGGER "Certificate_revocation" AFTER UPDATE OF "supersededAt", "revokedAt", "revocationReason" ON "Certificate"
BEGIN
  UPDATE "RevocationChange" SET "count" = "count" + 1 WHERE "issuer" = 'users';
END;
CREATE TRIGGER "ServerCertificate_revocation"
AFTER UPDATE OF "supersededAt", "revokedAt", "revocationReason" ON "ServerCertificate"
BEGIN
  UPDATE "RevocationChange" SET "count" = "count" + 1 WHERE "issuer" = 'servers';
END;
