import { onPostgresql } from './on-postgresql.js'

await onPostgresql(['conversation', 'hub-rest', 'administration', 'devices'])
