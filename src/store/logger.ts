/** What the store says about itself; pino fits. */
export interface StoreLogger {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export const SILENT: StoreLogger = { info() {}, warn() {}, error() {} }
