/* SPDX-License-Identifier: GPL-2.0-only */
/* The driver core: devices of a subsystem, their attributes and uevents */
#ifndef KSTUB_DEVICE_H
#define KSTUB_DEVICE_H

#include <kstub/base.h>

struct bus_type;
struct device {
	struct kobject kobj;
	struct device *parent;
	struct bus_type *bus;
	void (*release)(struct device *dev);
};
struct attribute {
	const char *name;
	unsigned short mode;
};
struct attribute_group {
	const char *name;
	struct attribute **attrs;
};
struct device_attribute {
	struct attribute attr;
	ssize_t (*show)(struct device *dev, struct device_attribute *attr, char *buf);
	ssize_t (*store)(struct device *dev, struct device_attribute *attr, const char *buf,
			 size_t count);
};
#define DEVICE_ATTR_RO(name_) \
	struct device_attribute dev_attr_##name_ = { { #name_, 0444 }, name_##_show, NULL }
#define ATTRIBUTE_GROUPS(name_)								\
	static const struct attribute_group name_##_group = { NULL, name_##_attrs };	\
	static const struct attribute_group *name_##_groups[] = { &name_##_group, NULL }

struct kobj_uevent_env;
struct bus_type {
	const char *name;
	const struct attribute_group **dev_groups;
	int (*uevent)(struct device *dev, struct kobj_uevent_env *env);
};

extern "C" {
const char *dev_name(const struct device *dev);
int dev_set_name(struct device *dev, const char *name, ...);
void *dev_get_drvdata(const struct device *dev);
void dev_set_drvdata(struct device *dev, void *data);
void device_initialize(struct device *dev);
int device_add(struct device *dev);
void device_unregister(struct device *dev);
void put_device(struct device *dev);
int subsys_virtual_register(struct bus_type *subsys, const struct attribute_group **groups);
void bus_unregister(struct bus_type *bus);
int sysfs_emit(char *buf, const char *fmt, ...);
int sysfs_emit_at(char *buf, int at, const char *fmt, ...);
int add_uevent_var(struct kobj_uevent_env *env, const char *format, ...);
}

#endif
