/* The catalog of machine images. Each folder below the images folder that holds a manifest.json is
 * read once and again when its manifest changes; the names of a manifest's "aliases" are images of
 * their own on the same disk. What a changed manifest said before stays in memory until the end,
 * since a call may still hold it. */
#include "services/ec2/image.h"

#include "base/encode.h"
#include "base/log.h"
#include "base/text.h"
#include "services/ec2/resource.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MANIFEST_SIZE_MAX 262144
#define ID_DIGITS         17

struct manifest {
    struct manifest *next;
    char *folder; /* name below the images folder */
    ino_t inode;
    struct timespec changed;
    struct arena *arena; /* all text of its images */
    json_t *root;
    struct image *images;
    size_t count; /* 0: broken */
    bool seen;    /* by the refresh under way */
};

struct entry {
    const struct image *image;
};

struct image_catalog {
    char *folder;
    struct manifest *manifests, *retired;
    struct entry *sorted; /* by id */
    size_t count;
};

/* --- reading a manifest
 * ------------------------------------------------------------------------------- */

static char *read_small_file(const char *path, size_t *ret_len, struct err *err)
{
    FILE *file = fopen(path, "rbe");
    if (file == NULL) {
        err_set_errno(err, errno, "cannot read %s", path);
        return NULL;
    }
    char *text = xmalloc(MANIFEST_SIZE_MAX + 1);
    *ret_len = fread(text, 1, MANIFEST_SIZE_MAX + 1, file);
    bool failed = ferror(file) != 0 || *ret_len > MANIFEST_SIZE_MAX;
    fclose(file);
    if (!failed)
        return text;
    free(text);
    err_set(err, "Manifest", "%s cannot be read, or is too long", path);
    return NULL;
}

static bool is_one_of(const char *word, const char *const *words)
{
    while (*words != NULL && !str_equal(*words, word))
        words++;
    return *words != NULL;
}

static bool is_image_id(const char *id)
{
    return str_starts(id, "ami-") && strlen(id) == 4 + ID_DIGITS &&
           strspn(id + 4, "0123456789abcdef") == ID_DIGITS;
}

/* A file of the manifest's folder: a plain name, so that a manifest reaches nothing else. */
static const char *file_of(const struct image_catalog *catalog, const struct manifest *m,
                           const char *member)
{
    const char *name = json_str(m->root, member);
    if (name == NULL || name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL)
        return NULL;
    return arena_printf(m->arena, "%s/%s/%s", catalog->folder, m->folder, name);
}

static const char *snapshot_of(struct arena *arena, const char *image_id)
{
    char hex[SHA256_HEX_SIZE];
    const char *seed = arena_printf(arena, "snapshot of %s", image_id);
    sha256_hex(seed, strlen(seed), hex);
    return arena_printf(arena, "snap-%.*s", ID_DIGITS, hex);
}

/* An image as `own` says, and where it is silent as the manifest's own image says. */
static struct image read_image(const struct image_catalog *catalog, const struct manifest *m,
                               const json_t *own)
{
    const json_t *root = m->root;
    const char *owner = json_str_or(own, "owner_id", json_str(root, "owner_id"));
    bool same_owner = str_equal(owner, json_str(root, "owner_id"));
    struct image i = {
        .id = json_str(own, "image_id"),
        .name = json_str(own, "name"),
        .description = json_str_or(own, "description", json_str_or(root, "description", "")),
        .architecture = json_str_or(root, "architecture", "x86_64"),
        .owner_id = owner,
        .owner_alias =
            json_str_or(own, "owner_alias", same_owner ? json_str(root, "owner_alias") : NULL),
        .creation_date = json_str_or(own, "creation_date", json_str(root, "creation_date")),
        .root_device_name = json_str_or(own, "root_device_name",
                                        json_str_or(root, "root_device_name", "/dev/xvda")),
        .boot = json_str(root, "boot"),
        .kernel = file_of(catalog, m, "kernel"),
        .initrd = file_of(catalog, m, "initrd"),
        .append = json_str(root, "append"),
        .disk = file_of(catalog, m, "disk"),
        .disk_size_gib = json_int_or(root, "disk_size_gib", 0),
        .user = json_str_or(own, "user", json_str_or(root, "user", "ec2-user")),
        .has_agent = json_bool_or(root, "agent", false),
        .imds_v2_required = str_equal(
            json_str_or(own, "imds_support", json_str_or(root, "imds_support", "")), "v2.0"),
        .ssm_parameters = json_get(own, "ssm_parameters"),
    };
    if (i.id != NULL)
        i.snapshot_id = snapshot_of(m->arena, i.id);
    return i;
}

static int check_image(const struct image *i, struct err *err)
{
    static const char *const boots[] = {"kernel", "bios", "uefi", NULL};
    static const char *const architectures[] = {"x86_64", "arm64", NULL};
    if (i->id == NULL || !is_image_id(i->id))
        return err_set(err, "Manifest", "image_id is not ami- and %d digits", ID_DIGITS);
    if (i->name == NULL || i->owner_id == NULL || i->creation_date == NULL)
        return err_set(err, "Manifest", "name, owner_id or creation_date is missing");
    if (!is_one_of(i->boot, boots) || !is_one_of(i->architecture, architectures))
        return err_set(err, "Manifest", "boot or architecture is unknown");
    if (i->disk == NULL || i->disk_size_gib < 1)
        return err_set(err, "Manifest", "disk or disk_size_gib is missing");
    if (str_equal(i->boot, "kernel") && (i->kernel == NULL || i->initrd == NULL))
        return err_set(err, "Manifest", "kernel or initrd is missing");
    return 0;
}

static int read_images(const struct image_catalog *catalog, struct manifest *m, struct err *err)
{
    const json_t *aliases = json_get(m->root, "aliases");
    size_t count = 1 + json_array_size(aliases);
    if (json_int_or(m->root, "format", 0) != 1)
        return err_set(err, "Manifest", "format is not 1");
    m->images = arena_alloc(m->arena, count * sizeof(*m->images));
    m->images[0] = read_image(catalog, m, m->root);
    for (size_t i = 1; i < count; i++)
        m->images[i] = read_image(catalog, m, json_array_get(aliases, i - 1));
    for (size_t i = 0; i < count; i++)
        if (check_image(&m->images[i], err) != 0)
            return -1;
    m->count = count;
    return 0;
}

static void manifest_free(struct manifest *m)
{
    json_decref(m->root);
    arena_free(m->arena);
    free(m->folder);
    free(m);
}

/* Always a manifest; one that cannot be used has no images and is not read again until it changes.
 */
static struct manifest *manifest_read(const struct image_catalog *catalog, const char *folder,
                                      const struct stat *st)
{
    struct err err;
    struct manifest *m = xcalloc(1, sizeof(*m));
    size_t len;
    char *path = xasprintf("%s/%s/manifest.json", catalog->folder, folder);
    char *text = read_small_file(path, &len, &err);

    m->folder = xstrdup(folder);
    m->inode = st->st_ino;
    m->changed = st->st_mtim;
    m->arena = arena_new();
    m->root = text != NULL ? json_parse(text, len, &err) : NULL;
    if (m->root == NULL || read_images(catalog, m, &err) != 0)
        log_warn("image %s is passed over: %s", path, err.text);
    free(text);
    free(path);
    return m;
}

/* --- the catalog
 * -------------------------------------------------------------------------------------- */

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->image->id, ((const struct entry *)b)->image->id);
}

static void sort_images(struct image_catalog *catalog)
{
    catalog->count = 0;
    for (const struct manifest *m = catalog->manifests; m != NULL; m = m->next)
        catalog->count += m->count;
    catalog->sorted = xrealloc(catalog->sorted, (catalog->count + 1) * sizeof(*catalog->sorted));
    size_t at = 0;
    for (const struct manifest *m = catalog->manifests; m != NULL; m = m->next)
        for (size_t i = 0; i < m->count; i++)
            catalog->sorted[at++].image = &m->images[i];
    qsort(catalog->sorted, catalog->count, sizeof(*catalog->sorted), by_id);
}

static struct manifest *manifest_find(struct image_catalog *catalog, const char *folder)
{
    struct manifest *m = catalog->manifests;
    while (m != NULL && !str_equal(m->folder, folder))
        m = m->next;
    return m;
}

static void retire_unseen(struct image_catalog *catalog)
{
    struct manifest **at = &catalog->manifests;
    while (*at != NULL) {
        struct manifest *m = *at;
        if (m->seen) {
            at = &m->next;
            continue;
        }
        *at = m->next;
        m->next = catalog->retired;
        catalog->retired = m;
    }
}

/* True when the folder's manifest is another than before. */
static bool look_into(struct image_catalog *catalog, const char *folder)
{
    struct stat st;
    char *path = xasprintf("%s/%s/manifest.json", catalog->folder, folder);
    bool is_there = folder[0] != '.' && stat(path, &st) == 0 && S_ISREG(st.st_mode);
    free(path);
    if (!is_there)
        return false;
    struct manifest *m = manifest_find(catalog, folder);
    if (m != NULL && m->inode == st.st_ino && m->changed.tv_sec == st.st_mtim.tv_sec &&
        m->changed.tv_nsec == st.st_mtim.tv_nsec) {
        m->seen = true;
        return false;
    }
    m = manifest_read(catalog, folder, &st);
    m->seen = true;
    m->next = catalog->manifests;
    catalog->manifests = m;
    return true;
}

void image_catalog_refresh(struct image_catalog *catalog)
{
    struct dirent *entry;
    bool changed = catalog->sorted == NULL;
    DIR *dir = opendir(catalog->folder);

    for (struct manifest *m = catalog->manifests; m != NULL; m = m->next)
        m->seen = false;
    while (dir != NULL && (entry = readdir(dir)) != NULL)
        changed |= look_into(catalog, entry->d_name);
    if (dir != NULL)
        closedir(dir);
    for (const struct manifest *m = catalog->manifests; m != NULL; m = m->next)
        changed |= !m->seen;
    if (!changed)
        return;
    retire_unseen(catalog);
    sort_images(catalog);
}

struct image_catalog *image_catalog_new(const char *folder)
{
    struct image_catalog *catalog = xcalloc(1, sizeof(*catalog));
    catalog->folder = xstrdup(folder);
    image_catalog_refresh(catalog);
    return catalog;
}

static void free_all(struct manifest *m)
{
    while (m != NULL) {
        struct manifest *next = m->next;
        manifest_free(m);
        m = next;
    }
}

void image_catalog_free(struct image_catalog *catalog)
{
    if (catalog == NULL)
        return;
    free_all(catalog->manifests);
    free_all(catalog->retired);
    free(catalog->sorted);
    free(catalog->folder);
    free(catalog);
}

/* --- looking up
 * --------------------------------------------------------------------------------------- */

size_t image_count(const struct image_catalog *catalog)
{
    return catalog != NULL ? catalog->count : 0;
}

const struct image *image_at(const struct image_catalog *catalog, size_t index)
{
    return index < image_count(catalog) ? catalog->sorted[index].image : NULL;
}

const struct image *image_find(const struct image_catalog *catalog, const char *id)
{
    for (size_t i = 0; i < image_count(catalog); i++)
        if (str_equal(catalog->sorted[i].image->id, id))
            return catalog->sorted[i].image;
    return NULL;
}

static bool stands_for(const struct image *image, const char *parameter)
{
    for (size_t i = 0; i < json_array_size(image->ssm_parameters); i++)
        if (str_equal(json_string_value(json_array_get(image->ssm_parameters, i)), parameter))
            return true;
    return false;
}

const char *image_of_ssm_parameter(const struct image_catalog *catalog, const char *name)
{
    const struct image *best = NULL;
    for (size_t i = 0; i < image_count(catalog); i++) {
        const struct image *image = catalog->sorted[i].image;
        if (stands_for(image, name) &&
            (best == NULL || strcmp(image->creation_date, best->creation_date) > 0))
            best = image;
    }
    return best != NULL ? best->id : NULL;
}

/* "resolve:ssm:NAME" or "resolve:ssm:NAME:VERSION": the image that a public parameter names. */
static const char *resolve_parameter(struct call *c, const char *name)
{
    size_t len = strcspn(name, ":");
    const char *id = image_of_ssm_parameter(c->site->images, arena_strndup(c->arena, name, len));
    if (id == NULL || (name[len] == ':' && !str_equal(name + len, ":1"))) {
        call_fail(c, "InvalidParameterValue",
                  "The Systems Manager parameter '%s' does not exist or names no image", name);
        return NULL;
    }
    return id;
}

const struct image *image_load(struct call *c, const char *id)
{
    static const char resolve[] = "resolve:ssm:";
    if (c->site->images != NULL)
        image_catalog_refresh(c->site->images);
    if (str_starts(id, resolve))
        id = resolve_parameter(c, id + strlen(resolve));
    if (id == NULL || resource_id_check(c, "image", id) != 0)
        return NULL;
    const struct image *image = image_find(c->site->images, id);
    if (image == NULL) {
        json_t *ids = json_pack("[s]", id);
        (void)resource_missing(c, "image", ids);
        json_decref(ids);
    }
    return image;
}
