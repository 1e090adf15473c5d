import type { Reply } from '../serve/http.ts'
import { AwsError } from './aws-error.ts'

/** An error as S3 tells it, in XML. */
export class S3Error extends AwsError {}

export const XML_TYPE = 'application/xml'
export const XML_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'

export const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)

export const tellS3 = (type: string, message: string, status: number): Reply => ({
  status,
  type: XML_TYPE,
  body: `${XML_HEAD}<Error><Code>${escapeXml(type)}</Code><Message>${escapeXml(message)}</Message></Error>`,
})
