"""What people ask: searches, all of one article, exports, whether all is well."""
