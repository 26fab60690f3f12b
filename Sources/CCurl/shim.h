// libcurl. Swift cannot call C variadics, so each option type has one static inline wrapper.
#pragma once
#include <curl/curl.h>

static inline CURLcode cooperage_curl_setopt_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cooperage_curl_setopt_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cooperage_curl_setopt_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cooperage_curl_setopt_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cooperage_curl_setopt_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*cooperage_curl_data_callback)(char *buffer, size_t size, size_t count, void *context);

static inline CURLcode cooperage_curl_setopt_data(CURL *handle, CURLoption option, cooperage_curl_data_callback value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode cooperage_curl_getinfo_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode cooperage_curl_getinfo_offset(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode cooperage_curl_getinfo_string(CURL *handle, CURLINFO info, char **value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode cooperage_curl_getinfo_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLMcode cooperage_curl_multi_setopt_long(CURLM *handle, CURLMoption option, long value) {
    return curl_multi_setopt(handle, option, value);
}

typedef int (*cooperage_curl_seek_callback)(void *context, curl_off_t offset, int origin);

static inline CURLcode cooperage_curl_setopt_seek(CURL *handle, CURLoption option, cooperage_curl_seek_callback value) {
    return curl_easy_setopt(handle, option, value);
}
