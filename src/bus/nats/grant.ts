/** What helps where NATS does not let a node say or hear something. */
export const GRANT = 'let the user of HERMES_NATS_URL publish and subscribe under hermes.>'
