import { onPostgresql } from './on-postgresql.js'

await onPostgresql(['account'])
