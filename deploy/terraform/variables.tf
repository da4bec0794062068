variable "name" {
  description = "Begins the name of everything that is made; buckets need one that nobody else in the world has."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,30}$", var.name))
    error_message = "Use 3 to 31 lower-case letters, digits and hyphens, a letter first."
  }
}

variable "region" {
  description = "AWS region."
  type        = string
}

variable "contact_email" {
  description = "Whom a museum can reach: CONTACT_EMAIL."
  type        = string
}

variable "vpc_id" {
  description = "The network in which the platform runs."
  type        = string
}

variable "private_subnet_ids" {
  description = "Subnets without a way in from the internet, in two zones at least: databases and Kafka lie there."
  type        = list(string)
  validation {
    condition     = length(var.private_subnet_ids) >= 2
    error_message = "Name subnets in at least two zones."
  }
}

variable "client_security_group_id" {
  description = "Security group of the machines that run the platform. Nobody else reaches the servers."
  type        = string
}

variable "cluster_oidc_issuer" {
  description = "Issuer of the EKS cluster's tokens, without https://: by it the pods' accounts have their roles."
  type        = string
}

variable "kubernetes_namespace" {
  description = "Namespace of deploy/kubernetes."
  type        = string
  default     = "museum"
}

variable "database_class" {
  description = "Class of the PostgreSQL instance."
  type        = string
  default     = "db.m7g.large"
}

variable "database_gigabytes" {
  description = "Storage of the PostgreSQL instance to begin with; it grows to ten times that."
  type        = number
  default     = 100
}

variable "museum_bucket_arns" {
  description = "Buckets of museums' own, in which their kiosks drop files: read, never written to."
  type        = list(string)
  default     = []
}

variable "kafka_bootstrap_servers" {
  description = "Brokers that are there already, host:port; null makes an MSK cluster."
  type        = string
  default     = null
}

variable "qdrant_url" {
  description = "Address of the Qdrant server."
  type        = string
  default     = "http://museum-qdrant:6333"
}
