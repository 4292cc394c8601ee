/** The latest time that is stored anywhere, as `at`; null where nothing is. */
export const NEWEST = `
  SELECT max("at") AS "at" FROM (
    SELECT max("createdAt") AS "at" FROM "User" UNION ALL SELECT max("at") FROM "Audit"
    UNION ALL SELECT max("lastSeenAt") FROM "Device"
    UNION ALL SELECT "at" FROM "Event" WHERE "id" = (SELECT max("id") FROM "Event")) AS "times"`
