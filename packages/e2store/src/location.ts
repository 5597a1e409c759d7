export type {
  Download,
  DownloadOptions,
  ListedFile,
  Location,
  LocationOptions,
  OpenedFile,
} from './location/location.ts'
