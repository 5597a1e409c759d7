export { type LocationCode, LocationError, type LocationErrorOptions } from './location/errors.ts'
export type {
  Download,
  DownloadOptions,
  ListedFile,
  Listing,
  ListingForm,
  Location,
  LocationOptions,
  OpenedFile,
  RemoteLocation,
} from './location/location.ts'
export { isArchiveName, isListName } from './location/names.ts'
