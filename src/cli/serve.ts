import { type Logger, pino } from 'pino'
import { loadConfig } from '../config.js'
import type { Running } from '../server/running.js'
import { start } from '../server/start.js'
import { startMessage } from './start-message.js'

/** npm forwards a signal to a process that has had it already: a repeat within this time is the same signal. */
const REPEAT_MS = 1000

/** Runs the server until it is told to stop. Answers the exit code: 0 once everything has ended in order. */
export async function serve(): Promise<number> {
  const config = loadConfig()
  const logger = await createLogger(config.logLevel)
  const running = await start(config, { logger })
  process.stdout.write(startMessage(running, config))
  const signal = await stopSignal()
  logger.info({ signal }, 'Stopping')
  const isDone = await close(running)
  logger.info(isDone ? 'Stopped' : 'Stopped without waiting: what was acknowledged is stored')
  return isDone ? 0 : 1
}

/** To stderr: lines of JSON for programs, or readable ones where a person is looking. */
async function createLogger(level: string): Promise<Logger> {
  if (process.stderr.isTTY) {
    const { default: pretty } = await import('pino-pretty')
    return pino({ level }, pretty({ destination: 2, sync: true, ignore: 'pid,hostname' }))
  }
  return pino({ level }, pino.destination({ dest: 2, sync: true }))
}

function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, resolve)
  })
}

/** False: a second signal, after a while, did not wait for the end. */
async function close(running: Running): Promise<boolean> {
  const since = performance.now()
  const impatient = new Promise<false>((resolve) => {
    const again = () => {
      if (performance.now() - since > REPEAT_MS) resolve(false)
    }
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, again)
  })
  return Promise.race([running.close().then(() => true), impatient])
}
