-- The key by which nodes of this installation know each other's messages; made by the first that has others.
ALTER TABLE "Meta" ADD COLUMN "busKey" BYTEA;
