/** The part of pino's interface that the bus uses. */
export interface BusLogger {
  info(data: object, message: string): void
  warn(data: object, message: string): void
  error(data: object, message: string): void
}
