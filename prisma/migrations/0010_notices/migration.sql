-- What a device has not acknowledged of the invitations to its user, so that what others did to him in the past costs
-- his next connection nothing.
CREATE TABLE "Notice" (
  "deviceId" INTEGER NOT NULL REFERENCES "Device" ("id") ON DELETE CASCADE,
  "eventId" INTEGER NOT NULL,
  "invitationId" TEXT NOT NULL REFERENCES "Invitation" ("id"),
  PRIMARY KEY ("deviceId", "eventId")
) WITHOUT ROWID;

INSERT INTO "Notice" ("deviceId", "eventId", "invitationId")
  SELECT d."id", e."id", i."id"
  FROM "Device" d
  JOIN "Invitation" i ON i."inviteeId" = d."userId" AND i."state" <> 'joined'
  LEFT JOIN "InvitationCursor" k ON k."deviceId" = d."id" AND k."invitationId" = i."id"
  JOIN "Event" e ON e."conversationId" = i."conversationId"
    AND ((e."seq" = i."invitedSeq" AND k."acked" IS NULL) OR (e."seq" = i."endedSeq" AND coalesce(k."acked", 0) < 2))
  WHERE i."endedSeq" IS NULL OR d."newestEvent" < (
    SELECT "end"."id" FROM "Event" "end" WHERE "end"."conversationId" = i."conversationId" AND "end"."seq" = i."endedSeq");

DROP TABLE "InvitationCursor";
ALTER TABLE "Device" DROP COLUMN "newestEvent";

-- What is open to one user, by conversation.
DROP INDEX "Invitation_inviteeId_open_idx";
CREATE INDEX "Invitation_inviteeId_open_idx" ON "Invitation" ("inviteeId", "conversationId") WHERE "endedSeq" IS NULL;
DROP INDEX "Invitation_inviteeId_idx";
