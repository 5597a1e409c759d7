export { type LocationCode, LocationError, type LocationErrorOptions } from './location/errors.ts'
export { shownAddress } from './location/http/address.ts'
export type { HttpOptions } from './location/http/client.ts'
export type { HttpClock } from './location/http/clock.ts'
export type { ReadOptions } from './location/http/open-remote.ts'
export type { RetryOptions } from './location/http/retry.ts'
export { Slots } from './location/http/slots.ts'
export { type HttpLocationOptions, httpLocation } from './location/http-location.ts'
export { httpSource } from './location/http-source.ts'
export type {
  Download,
  DownloadOptions,
  FileEnds,
  ListedFile,
  Listing,
  ListingForm,
  Location,
  LocationOptions,
  OpenedFile,
  OpenOptions,
  RemoteLocation,
} from './location/location.ts'
export { isArchiveName, isListName } from './location/names.ts'
export { onlyFile } from './location/only-file.ts'
export type { S3EndpointOptions } from './location/s3/s3-address.ts'
export type { S3Credentials } from './location/s3/sign.ts'
export { type S3LocationOptions, s3Location } from './location/s3-location.ts'
export type { CacheMode, FetchLike, HttpMethod, WebRequest, WebResponse, WebSignal } from './location/web.ts'
