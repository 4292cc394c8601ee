-- SQLite. DATETIME columns hold milliseconds since the epoch of Unix.

CREATE TABLE "Meta" (
  "id" INTEGER NOT NULL PRIMARY KEY CHECK ("id" = 1),
  "schemaVersion" INTEGER NOT NULL,
  "rootFingerprint" TEXT,
  "trustDomain" TEXT
);

CREATE TABLE "User" (
  "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  "username" TEXT NOT NULL,
  "passwordHash" TEXT NOT NULL,
  "role" TEXT NOT NULL DEFAULT 'user' CHECK ("role" IN ('user', 'administrator')),
  "createdAt" DATETIME NOT NULL,
  "disabledAt" DATETIME,
  "deletedAt" DATETIME
);
CREATE UNIQUE INDEX "User_username_key" ON "User" ("username");

CREATE TABLE "Escrow" (
  "userId" INTEGER NOT NULL PRIMARY KEY REFERENCES "User" ("id"),
  "blob" TEXT NOT NULL,
  "spkiHash" TEXT NOT NULL
);

CREATE TABLE "Key" (
  "spkiHash" TEXT NOT NULL PRIMARY KEY,
  "userId" INTEGER NOT NULL REFERENCES "User" ("id"),
  "compromisedAt" DATETIME
);

CREATE TABLE "Certificate" (
  "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  "serialNumber" TEXT NOT NULL,
  "userId" INTEGER NOT NULL REFERENCES "User" ("id"),
  "fingerprint" TEXT NOT NULL,
  "spkiHash" TEXT NOT NULL REFERENCES "Key" ("spkiHash"),
  "der" BLOB NOT NULL,
  "notBefore" DATETIME NOT NULL,
  "notAfter" DATETIME NOT NULL,
  "previous" TEXT,
  "authorisedBy" TEXT NOT NULL CHECK ("authorisedBy" IN ('registration', 'key', 'password')),
  "supersededAt" DATETIME,
  "revokedAt" DATETIME,
  "revocationReason" TEXT
);
CREATE UNIQUE INDEX "Certificate_serialNumber_key" ON "Certificate" ("serialNumber");
CREATE UNIQUE INDEX "Certificate_fingerprint_key" ON "Certificate" ("fingerprint");
CREATE INDEX "Certificate_userId_idx" ON "Certificate" ("userId");
CREATE INDEX "Certificate_spkiHash_idx" ON "Certificate" ("spkiHash");

CREATE TABLE "LoginFailure" (
  "username" TEXT NOT NULL,
  "address" TEXT NOT NULL,
  "count" INTEGER NOT NULL,
  "since" DATETIME NOT NULL,
  "locks" INTEGER NOT NULL,
  "lockedUntil" DATETIME,
  "expiresAt" DATETIME NOT NULL,
  PRIMARY KEY ("username", "address")
);
CREATE INDEX "LoginFailure_expiresAt_idx" ON "LoginFailure" ("expiresAt");

CREATE TABLE "Conversation" (
  "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  "uuid" TEXT NOT NULL,
  "createdBy" INTEGER NOT NULL REFERENCES "User" ("id"),
  "createdAt" DATETIME NOT NULL,
  "lastSeq" INTEGER NOT NULL,
  "epoch" INTEGER NOT NULL,
  "closedAt" DATETIME
);
CREATE UNIQUE INDEX "Conversation_uuid_key" ON "Conversation" ("uuid");

CREATE TABLE "Participant" (
  "conversationId" INTEGER NOT NULL REFERENCES "Conversation" ("id"),
  "userId" INTEGER NOT NULL REFERENCES "User" ("id"),
  "fromSeq" INTEGER NOT NULL,
  "toSeq" INTEGER,
  "fingerprint" TEXT NOT NULL,
  PRIMARY KEY ("conversationId", "userId", "fromSeq")
) WITHOUT ROWID;
CREATE INDEX "Participant_userId_conversationId_idx" ON "Participant" ("userId", "conversationId");

CREATE TABLE "Invitation" (
  "id" TEXT NOT NULL PRIMARY KEY,
  "conversationId" INTEGER NOT NULL REFERENCES "Conversation" ("id"),
  "inviterId" INTEGER NOT NULL REFERENCES "User" ("id"),
  "inviterFingerprint" TEXT NOT NULL,
  "inviteeId" INTEGER NOT NULL REFERENCES "User" ("id"),
  "inviteeFingerprint" TEXT NOT NULL,
  "state" TEXT NOT NULL CHECK ("state" IN ('invited', 'accepted', 'joined', 'declined', 'cancelled', 'expired')),
  "expiresAt" TEXT NOT NULL,
  "inviterChallenge" TEXT NOT NULL,
  "inviterAttachment" TEXT NOT NULL,
  "roster" TEXT NOT NULL,
  "rosterSeq" INTEGER NOT NULL,
  "invitedSeq" INTEGER NOT NULL,
  "inviteeChallenge" TEXT,
  "inviteeAttachment" TEXT,
  "inviteeSignature" TEXT,
  "inviterSignature" TEXT,
  "confirmationAttachment" TEXT,
  "commitAttachment" TEXT,
  "endedSeq" INTEGER,
  "reason" TEXT,
  -- Open is what has no end: the mailbox and the sweep of those whose time is up rely on it.
  CHECK (("state" IN ('invited', 'accepted')) = ("endedSeq" IS NULL))
);
CREATE INDEX "Invitation_conversationId_idx" ON "Invitation" ("conversationId");
CREATE INDEX "Invitation_inviteeId_idx" ON "Invitation" ("inviteeId");
CREATE INDEX "Invitation_expiresAt_idx" ON "Invitation" ("expiresAt") WHERE "endedSeq" IS NULL;

CREATE TABLE "Event" (
  "id" INTEGER NOT NULL PRIMARY KEY,
  "conversationId" INTEGER NOT NULL REFERENCES "Conversation" ("id"),
  "seq" INTEGER NOT NULL,
  "senderId" INTEGER NOT NULL REFERENCES "User" ("id"),
  "at" DATETIME NOT NULL,
  "type" TEXT NOT NULL,
  "messageId" BLOB CHECK ("messageId" IS NULL OR length("messageId") = 16),
  "body" TEXT NOT NULL
);
CREATE UNIQUE INDEX "Event_conversationId_seq_key" ON "Event" ("conversationId", "seq");
-- The messageId first: those of version 7 grow, so that new ones share a few pages of the index.
CREATE UNIQUE INDEX "Event_messageId_conversationId_senderId_key"
  ON "Event" ("messageId", "conversationId", "senderId") WHERE "messageId" IS NOT NULL;

CREATE TABLE "Request" (
  "userId" INTEGER NOT NULL REFERENCES "User" ("id"),
  "requestId" TEXT NOT NULL,
  "hash" TEXT NOT NULL,
  "conversationId" INTEGER NOT NULL REFERENCES "Conversation" ("id"),
  "seq" INTEGER NOT NULL,
  PRIMARY KEY ("userId", "requestId")
) WITHOUT ROWID;

CREATE TABLE "Device" (
  "id" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  "userId" INTEGER NOT NULL REFERENCES "User" ("id"),
  "name" TEXT NOT NULL,
  "createdAt" DATETIME NOT NULL,
  "lastSeenAt" DATETIME NOT NULL
);
CREATE UNIQUE INDEX "Device_userId_name_key" ON "Device" ("userId", "name");

CREATE TABLE "Cursor" (
  "deviceId" INTEGER NOT NULL REFERENCES "Device" ("id") ON DELETE CASCADE,
  "conversationId" INTEGER NOT NULL REFERENCES "Conversation" ("id"),
  "seq" INTEGER NOT NULL,
  PRIMARY KEY ("deviceId", "conversationId")
) WITHOUT ROWID;

CREATE TABLE "InvitationCursor" (
  "deviceId" INTEGER NOT NULL REFERENCES "Device" ("id") ON DELETE CASCADE,
  "invitationId" TEXT NOT NULL REFERENCES "Invitation" ("id"),
  "acked" INTEGER NOT NULL CHECK ("acked" IN (1, 2)),
  PRIMARY KEY ("deviceId", "invitationId")
) WITHOUT ROWID;
