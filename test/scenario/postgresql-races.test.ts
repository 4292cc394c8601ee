import { onPostgresql } from './on-postgresql.js'

await onPostgresql(['races/messages'])
