import { parse } from 'yaml'
import { markdownPage } from '../http/markdown-page.js'
import { type AsyncApi, asyncApiMarkdown } from './markdown.js'

/** A page of HTML that shows asyncapi.yaml. */
export function asyncApiPage(yaml: string): string {
  const document = parse(yaml) as AsyncApi
  return markdownPage(document.info.title, asyncApiMarkdown(document))
}
