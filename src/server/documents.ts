import { readFile } from 'node:fs/promises'

const DEFAULT_IDENTITY_URL = 'https://localhost:8443'
const DEFAULT_HUB_URL = 'https://localhost:9443'

/** openapi.yaml as it is in the package; the same path from src/ and from dist/. */
export function readOpenApi(): Promise<string> {
  return readFile(new URL('../../openapi.yaml', import.meta.url), 'utf8')
}

/** The document with the URLs of this installation in place of the defaults. */
export function withServers(document: string, identityUrl: string, hubUrl: string): string {
  return document.replaceAll(DEFAULT_IDENTITY_URL, identityUrl).replaceAll(DEFAULT_HUB_URL, hubUrl)
}
