-- What the events of invitations took of "Usage", by the day (since the epoch of Unix) that gives it back.
CREATE TABLE "InvitationUsage" (
  "day" INTEGER NOT NULL,
  "userId" INTEGER NOT NULL REFERENCES "User" ("id"),
  "bytes" INTEGER NOT NULL,
  PRIMARY KEY ("day", "userId")
) WITHOUT ROWID;
