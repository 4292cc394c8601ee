import type { FastifyInstance } from 'fastify'
import type { Config } from '../../config.js'
import { bind } from '../bind.js'

/** Whatever HERMES_HOST says: what stands there is for this machine alone. */
export const LOOPBACK = '127.0.0.1'

/** Listens; answers the URL of the metrics. */
export async function listenForMetrics(app: FastifyInstance, { metricsPort }: Config): Promise<string> {
  const port = await bind(app, LOOPBACK, metricsPort ?? 0, 'HERMES_METRICS_PORT')
  return `http://${LOOPBACK}:${port}/metrics`
}
