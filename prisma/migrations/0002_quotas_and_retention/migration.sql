-- What the quotas count.
CREATE INDEX "Conversation_createdBy_createdAt_idx" ON "Conversation" ("createdBy", "createdAt");
CREATE INDEX "Participant_userId_idx" ON "Participant" ("userId") WHERE "toSeq" IS NULL;
CREATE INDEX "Invitation_inviterId_inviteeId_idx" ON "Invitation" ("inviterId", "inviteeId") WHERE "endedSeq" IS NULL;

CREATE TABLE "Usage" (
  "userId" INTEGER NOT NULL PRIMARY KEY REFERENCES "User" ("id"),
  "bytes" INTEGER NOT NULL
);
INSERT INTO "Usage" ("userId", "bytes")
  SELECT "senderId", sum(octet_length("body")) FROM "Event" WHERE "type" = 'message' GROUP BY "senderId";

-- What retention removes, oldest first. New ones go to the end of it, whatever else the log holds.
CREATE INDEX "Event_at_idx" ON "Event" ("at") WHERE "type" = 'message';
