// libcurl. Swift cannot call C variadics, so each option type has one static inline wrapper.
#pragma once
#include <curl/curl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

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

typedef curl_socket_t (*cooperage_curl_socket_callback)(
    void *context, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode cooperage_curl_setopt_socket(
    CURL *handle, CURLoption option, cooperage_curl_socket_callback value) {
    return curl_easy_setopt(handle, option, value);
}

// The bytes of an IP address, 4 or 16; 0 for any other family. libcurl's struct ends where longer addresses go on.
static inline int cooperage_curl_address(const struct curl_sockaddr *address, unsigned char bytes[16]) {
    switch (address->family) {
    case AF_INET:
        memcpy(bytes, &((const struct sockaddr_in *)&address->addr)->sin_addr, 4);
        return 4;
    case AF_INET6:
        memcpy(bytes, &((const struct sockaddr_in6 *)&address->addr)->sin6_addr, 16);
        return 16;
    default:
        return 0;
    }
}

static inline curl_socket_t cooperage_curl_open_socket(const struct curl_sockaddr *address) {
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}
