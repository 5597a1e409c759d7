export type { ListedFile, Location, LocationOptions, OpenedFile } from './location/location.ts'
